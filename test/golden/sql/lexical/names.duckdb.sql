-- stream: my "own" stream
select arrival, "K", "V", "V", "D", "F" from input where "K" is not null order by line
