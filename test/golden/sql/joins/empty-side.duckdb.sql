-- stream: O
select arrival + interval 3 second, id, null from input where kind = 'order' order by line
