select arrival, id, si, sqrt(si) from input where si >= 0 and pow(floor(sqrt(abs(si::integer))), 2) = si order by line
