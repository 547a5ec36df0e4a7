select arrival, id, ti, si, ti::integer + si, ti // 2, si % 7 from input where id not in (3, 4) order by line
