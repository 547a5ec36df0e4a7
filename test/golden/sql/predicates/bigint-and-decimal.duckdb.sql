select arrival, id, b < p::decimal(38,2), b <= q::decimal(38,4), b > 0.5::decimal(38,1), q::decimal(38,4) >= b, p::decimal(38,2) = b, b <> 100, b is distinct from p::decimal(38,2),
b between -0.5::decimal(38,1) and p::decimal(38,2), b in (9007199254740993) or b = p::decimal(38,2), b in (2, 1000000),
case when b = p::decimal(38,2) then 1 when b = 9223372036854775807 then 2 else 3 end, case when p::decimal(38,2) = b then null else p end from input order by line
