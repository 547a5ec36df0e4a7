create stream o (m timestamp, k varchar(4));
create pump p as insert into o select stream distinct floor(t.rowtime to minute), ticker from trades t order by floor(t.rowtime to minute), 2 desc;
create pump q as insert into o (k) select stream distinct rowtime, ticker from trades;
