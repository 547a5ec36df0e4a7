select arrival, v, null from input where v is not null order by line
