with r as (select *, rank() over (partition by arrival order by sym) as r from input where sym is not null)
select arrival, sym, r from r order by arrival, r desc, line
