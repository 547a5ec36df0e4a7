// Answers PromQL over given samples with the engine of Prometheus 3: reads one JSON document, writes one. Build it with
// `go mod tidy && go build -o promqljudge .`; test/dashboards/prometheus/promql3.test.ts says how it is asked.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/tsdb"
)

type document struct {
	Series []struct {
		Labels  map[string]string
		Samples [][2]float64
	}
	Queries []struct {
		Expr             string
		Start, End, Step int64
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	raw, err := io.ReadAll(os.Stdin)
	check(err)
	var doc document
	check(json.Unmarshal(raw, &doc))
	dir, err := os.MkdirTemp("", "promql")
	check(err)
	defer os.RemoveAll(dir)
	opts := tsdb.DefaultOptions()
	opts.OutOfOrderTimeWindow = 1000 * 3600 * 1000
	opts.RetentionDuration = 1 << 60
	db, err := tsdb.Open(dir, slog.New(slog.DiscardHandler), nil, opts, nil)
	check(err)
	app := db.Appender(context.Background())
	for _, s := range doc.Series {
		ls := labels.FromMap(s.Labels)
		for _, p := range s.Samples {
			_, err := app.Append(0, ls, int64(p[0]), p[1])
			check(err)
		}
	}
	check(app.Commit())
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 50000000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute,
		EnableAtModifier: true, EnableNegativeOffset: true,
		NoStepSubqueryIntervalFn: func(int64) int64 { return 60000 },
		Parser: parser.NewParser(parser.Options{}),
	})
	out := []any{}
	for _, q := range doc.Queries {
		var query promql.Query
		var err error
		if q.Step == 0 {
			query, err = engine.NewInstantQuery(context.Background(), db, nil, q.Expr, time.UnixMilli(q.Start))
		} else {
			query, err = engine.NewRangeQuery(context.Background(), db, nil, q.Expr, time.UnixMilli(q.Start), time.UnixMilli(q.End), time.Duration(q.Step)*time.Millisecond)
		}
		if err != nil {
			out = append(out, map[string]any{"error": err.Error()})
			continue
		}
		r := query.Exec(context.Background())
		if r.Err != nil {
			out = append(out, map[string]any{"error": r.Err.Error()})
			continue
		}
		out = append(out, map[string]any{"type": r.Value.Type(), "result": plain(r.Value)})
	}
	enc := json.NewEncoder(os.Stdout)
	check(enc.Encode(out))
}

func text(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func plain(v parser.Value) any {
	list := []any{}
	switch v := v.(type) {
	case promql.Vector:
		for _, s := range v {
			list = append(list, map[string]any{"metric": s.Metric.Map(), "values": [][2]any{{s.T, text(s.F)}}})
		}
	case promql.Matrix:
		for _, s := range v {
			points := [][2]any{}
			for _, p := range s.Floats {
				points = append(points, [2]any{p.T, text(p.F)})
			}
			list = append(list, map[string]any{"metric": s.Metric.Map(), "values": points})
		}
	case promql.Scalar:
		list = append(list, map[string]any{"values": [][2]any{{v.T, text(v.V)}}})
	case promql.String:
		list = append(list, map[string]any{"string": v.V})
	default:
		panic(fmt.Sprintf("%T", v))
	}
	return list
}
