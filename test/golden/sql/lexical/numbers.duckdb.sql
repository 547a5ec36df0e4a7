select arrival, 3, 1.75, 3.5, 0.5, -0.0025, 0.25, 9007199254740993 from input where v = 1 order by line
