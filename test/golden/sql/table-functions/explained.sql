-- input: ticks.jsonl
-- numeric columns are explained, others passed through; while the forest learns, scores are zero
CREATE STREAM o (k VARCHAR(8), score DOUBLE, why VARCHAR(400));
CREATE PUMP p AS INSERT INTO o SELECT STREAM k, anomaly_score, anomaly_explanation FROM TABLE(RANDOM_CUT_FOREST_WITH_EXPLANATION(CURSOR(SELECT STREAM k, v, d FROM "SOURCE_SQL_STREAM_001" WHERE v IS NOT NULL AND d IS NOT NULL), 10, 10, 1000, 1, TRUE));
