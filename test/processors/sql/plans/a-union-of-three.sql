create stream o (a varchar(8), b double);
create pump p as insert into o select stream ticker, qty from trades union all select stream note, "price" from trades union all select stream "unit", "celsius" from "SOURCE_SQL_STREAM_001";
