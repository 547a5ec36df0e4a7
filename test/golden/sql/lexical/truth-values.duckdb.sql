select arrival, k, true, false, null, null, f from input where f is not null order by line
