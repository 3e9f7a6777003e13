-- Credentials of a machine: the role session has the name of an instance, which EC2 gives it.
SELECT id, coalesce(target, '') AS thing, 'the credentials of ' || instance || ': ' || doing || ' ' || machine AS said
FROM acts WHERE instance IS NOT NULL AND source = 'session' AND status IN ('started', 'denied')
