select arrival, k, v from input where v > 5 or k > 'a' order by line
