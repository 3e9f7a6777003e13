-- Linked events: the columns of a parsed call and of its link. Reads the relations `parsed`, `links`.
SELECT parsed.* EXCLUDE (named, named_how, service, gaps, content, folder_day, file, original_eid, addendum_reason),
    links.* EXCLUDE (row_no)
FROM parsed JOIN links USING (row_no)
