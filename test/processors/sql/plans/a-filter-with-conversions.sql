create stream o (a varchar(2), b decimal(6,1), c integer, d bigint);
create pump p as insert into o select stream ticker, paid * 2, "price" / 2, qty from trades where ticker like 'A%' escape '!' and qty in (1, 2) or not "price" between 1 and 2.5 and note is not null;
