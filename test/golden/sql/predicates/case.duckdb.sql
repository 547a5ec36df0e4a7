select arrival, id, case when i > 1000 then 'large' when i > 5 then 'medium' when i is not null then 'small' end,
  case when j = 0 then null else i // j end, case when d < 0 then -1 when d > 0 then 1 else 0 end from input order by line
