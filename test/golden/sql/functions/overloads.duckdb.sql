select arrival, 'i' || v, case when d > 1 then 'more' else 'less' end, case when f then 'yes' when not f then 'no' else 'unknown' end, 'i' || (v + 1) from input order by line
