-- Sessions with the verdicts of the access policy, by the macros of `queries/policy/verdict_sql.py`. In steps, so that
-- nothing is computed twice: what is so, which rules speak of it, which is the first, which verdicts are possible.
(SELECT * EXCLUDE (facts, matches, first_rule, worlds, judged),
    CASE WHEN approved['sure'] THEN approved['words'] END AS approval, judged['policy'] AS policy, judged['rule'] AS rule, judged['why'] AS policy_why
FROM (SELECT *, policy_verdict(facts, matches, first_rule, worlds, status, person, environment, target, session_id, key) AS judged
FROM (SELECT *, policy_worlds(facts, matches, first_rule) AS worlds
FROM (SELECT *, policy_first(matches) AS first_rule
FROM (SELECT *, policy_matches(facts, kind, "at") AS matches
FROM (SELECT *, policy_facts(person, person_evidence, person_id, role, account, region, target, target_kind, target_name,
        environment, kind, destination, reason, access_type, source_identity, is_omitted, "at", approved) AS facts
FROM {sessions}))))))
