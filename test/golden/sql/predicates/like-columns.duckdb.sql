select arrival, id, note like trim(code) || '%', trim(code) || '%' from input where note like trim(code) || '%' or name not like '%' || name order by line
