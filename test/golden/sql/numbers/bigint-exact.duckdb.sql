select arrival, id, b + 1, b // 2, -b, b % 1000 from input where b > -9223372036854775807 and b < 9223372036854775807 order by line
