-- input: guests.jsonl
-- classes, classes without, and a class less another
CREATE STREAM matched (id INTEGER, no_vowel BOOLEAN, no_blank BOOLEAN, consonants BOOLEAN, maybe BOOLEAN);
CREATE PUMP p AS INSERT INTO matched
SELECT STREAM id, name SIMILAR TO '[^aeiou]*', note SIMILAR TO '[^ ]+', LOWER(name) SIMILAR TO '[a-z^aeiou]+', note SIMILAR TO 'x?x?abcx*' FROM "SOURCE_SQL_STREAM_001"
WHERE name NOT SIMILAR TO '% %';
