-- input: guests.jsonl
-- signs that are meant as they are
CREATE STREAM matched (id INTEGER, percent BOOLEAN, underscore BOOLEAN);
CREATE PUMP p AS INSERT INTO matched
SELECT STREAM id, note LIKE '%!%%' ESCAPE '!', note LIKE '%\_%' ESCAPE '\' FROM "SOURCE_SQL_STREAM_001"
WHERE note LIKE '%#%' ESCAPE '#' OR note LIKE '%#_%' ESCAPE '#' OR name NOT LIKE '%x%';
