with ranked as (
  select *, rank() over (partition by arrival order by v desc nulls last) as r from input
)
select arrival, "user", v, r from ranked qualify row_number() over (partition by arrival order by r, line) <= 2 order by arrival, r, line
