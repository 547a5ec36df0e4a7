create stream o (a varchar(4), b varchar(32), n bigint);
create pump p as insert into o select stream t.ticker, c.company, c.n from trades t left join (select ticker, company, count(*) as n from companies group by ticker, company) c on c.ticker = t.ticker where t.qty > (select count(*) from companies) and t.ticker in (select ticker from companies where sector is not null);
create pump q as insert into o (a, b) select stream t.ticker, c.company from trades t, companies c where c.ticker = t.ticker and c.sector like 't%';
