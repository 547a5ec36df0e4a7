create function pct(part double, whole double) returns double returns null on null input return 100 * part / whole;
create function hour_of(t timestamp) returns timestamp return floor(t to hour);
create stream o (h timestamp, x double);
create pump p as insert into o select stream hour_of(t.rowtime), pct(max("price"), 7e0) from trades t group by hour_of(t.rowtime);
