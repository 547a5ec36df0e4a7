select arrival, id, name like '%o%', name like '___', name like 'A%', note like '%', name not like '% %' from input order by line
