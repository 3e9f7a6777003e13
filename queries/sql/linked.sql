-- Linked events: the columns of a parsed call and of its link. Reads the relations `parsed`, `links`.
SELECT parsed.* EXCLUDE (eid, named, named_evidence, named_kind, named_id, session_name, credential, role_session, issued_at, gaps,
        content, folder_day, file, original_eid, addendum_reason, shared_id, near_hour),
    links.* EXCLUDE (row_no, call_key), call_key AS eid
FROM parsed JOIN links USING (row_no)
