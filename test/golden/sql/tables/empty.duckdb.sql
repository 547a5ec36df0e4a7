-- stream: B
select arrival, ticker, null from input order by line
