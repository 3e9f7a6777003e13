-- The matrix's cells, a text a row: see `queries.views.Matrix.row`. Of several marks the one that asks for a look counts.
-- Reads the relations `cells`, `downs`, `acrosses` (number and place of the rows and columns).
SELECT downs.place,
    string_agg(hex((1::UBIGINT << 63) | (acrosses.place::UBIGINT << 37) | ((CASE
        WHEN cells."count" = 0 THEN 1 WHEN against THEN 4 WHEN first_ever THEN 3 WHEN (kinds & {tunnels}) > 0 AND (kinds & ~{tunnels}) = 0 THEN 2
        ELSE 0 END)::UBIGINT << 34) | (CASE WHEN cells."count" = 0 THEN cells.denied ELSE cells."count" END)::UBIGINT), '')
FROM cells JOIN downs ON downs.number = cells.{down} JOIN acrosses ON acrosses.number = cells.{across}
GROUP BY downs.place
