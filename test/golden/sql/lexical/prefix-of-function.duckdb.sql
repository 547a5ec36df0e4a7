select arrival, v * 2, v from input where v is not null order by line
