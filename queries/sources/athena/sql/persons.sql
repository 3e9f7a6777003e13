-- Who it was, with the strongest evidence.
SELECT *,
    CASE evidence WHEN 'source-identity' THEN {known(useridentity_sourceidentity)} WHEN 'issuer' THEN coalesce(element_at(behind_key, 1), element_at(own, 1))
        ELSE element_at(own, 1) END AS person,
    CASE WHEN evidence = 'source-identity' OR (evidence = 'issuer' AND behind_key IS NOT NULL AND useridentity_type = 'FederatedUser') THEN 'federated'
        WHEN evidence = 'issuer' AND behind_key IS NOT NULL THEN element_at(behind_key, 2) ELSE own_person_kind END AS person_kind,
    CASE evidence WHEN 'issuer' THEN element_at(behind_key, 3) WHEN 'identity' THEN element_at(own, 4) END AS person_id
FROM (
    SELECT *, CASE
            WHEN own_evidence = 'identity' AND behind_key IS NULL THEN 'identity'
            WHEN {known(useridentity_sourceidentity)} IS NOT NULL AND behind_key IS NULL AND own_evidence <> 'issuer' THEN 'source-identity'
            WHEN behind_key IS NOT NULL THEN 'issuer'
            ELSE own_evidence END AS evidence
    FROM deduplicated
)
