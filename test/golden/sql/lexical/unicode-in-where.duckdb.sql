select arrival, id, contains(note, chr(9)), name = 'Zoë Ångström' from input where name is not null order by line
