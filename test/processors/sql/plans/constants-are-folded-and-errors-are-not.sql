create stream o (a integer, b double, c decimal(6,2), d boolean, e integer, f integer);
create pump p as insert into o select stream 1 + 2 * 3, 1 / 2.0e0, 1.25 + 2, 1 < 2 and null is null, 1 / 0, 2147483647 + 1 from trades where 1 = 1;
