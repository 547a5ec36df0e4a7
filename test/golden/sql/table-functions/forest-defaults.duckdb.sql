select arrival, temp, 0 from input where temp is not null order by line
