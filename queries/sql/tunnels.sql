-- Where port forwarding led: one row a destination and kind. Reads the relation `tunnelled`, the dictionary.
SELECT destination, kind, people, targets, sessions, first_seen, last_seen,
    to_json([destination, kind])::VARCHAR AS key, calls, denied, failed
FROM tunnelled JOIN known_routes USING (route_no)
