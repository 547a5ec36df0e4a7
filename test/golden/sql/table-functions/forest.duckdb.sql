select arrival, dev, temp, hum, place > 20, temp > 70 or hum > 90 from (select *, row_number() over (order by line) as place from input where temp is not null) order by line
