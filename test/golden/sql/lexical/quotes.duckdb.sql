select arrival, 'it''s "' || k, '''' from input where v > 6 order by line
