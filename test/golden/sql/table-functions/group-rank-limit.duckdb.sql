with r as (select *, rank() over (partition by arrival order by qty desc) as r from input where qty is not null)
select arrival, sym, qty, r from r qualify row_number() over (partition by arrival order by r, line) = 1 order by arrival
