-- the first pattern of WHERE ends in an escaped sign: a text that ends in a percent sign
select arrival, id, note like '%!%%' escape '!', note like '%\_%' escape '\' from input
where note like '%#%' escape '#' or note like '%#_%' escape '#' or name not like '%x%' order by line
