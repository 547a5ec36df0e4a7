create stream o (t timestamp, a varchar(4));
create stream w (a varchar(4));
create pump p as insert into o select stream rowtime, ticker from trades;
create pump q as insert into w select stream rowtime, ticker from trades;
