-- stream: B
select arrival, v from input where v > 5 order by line
