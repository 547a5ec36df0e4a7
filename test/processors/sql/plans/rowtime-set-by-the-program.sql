create stream o (a varchar(4));
create pump p as insert into o select stream seen_at as rowtime, ticker from trades;
create pump q as insert into o (rowtime, a) select stream to_timestamp(ms), note from trades;
