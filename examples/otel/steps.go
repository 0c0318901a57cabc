package main

import (
	"context"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/practicekit/offboarding/offboard"
)

// What the spans say of an off-boarding. Clients are numbered from 1 in the order
// of the specification: their codes are often made of names, and stay here.
const (
	clientKey = attribute.Key("offboarding.client")
	stepKey   = attribute.Key("offboarding.step")
	stateKey  = attribute.Key("offboarding.state")
	kindKey   = attribute.Key("offboarding.kind")
	seqKey    = attribute.Key("offboarding.seq") // the number of the record in the journal
)

// run runs r under a span of its own.
func (t telemetry) run(ctx context.Context, r offboard.Runner) (offboard.Report, error) {
	ctx, span := t.tracer.Start(ctx, "off-board")
	defer span.End()
	client := numbers(r.Plan.Spec)
	r.Plan = t.steps(r.Plan, client)
	r.OnRecord = func(rec offboard.Record) { t.note(ctx, span, client, rec) }
	report, err := r.Run(ctx)
	span.SetAttributes(stateKey.String(string(report.State())))
	if report.State() == offboard.Failed {
		span.SetStatus(codes.Error, "")
	}
	fail(span, err)
	return report, err
}

// numbers gives each client its number in the specification.
func numbers(spec offboard.Spec) map[string]int {
	client := map[string]int{}
	for i, entity := range spec.Entities {
		client[entity.Code] = i + 1
	}
	return client
}

// steps returns the plan with a span around each Check and each Apply. What they
// send is sent with the span's context, so that the calls are its children.
func (t telemetry) steps(plan offboard.Plan, client map[string]int) offboard.Plan {
	start := func(ctx context.Context, name string, step offboard.Step, v offboard.View) (context.Context, trace.Span) {
		attributes := about(client, v.Entity.Code, step.Name)
		return t.tracer.Start(ctx, name+" "+step.Name, trace.WithAttributes(attributes...))
	}
	plan.Steps = slices.Clone(plan.Steps)
	for i, step := range plan.Steps {
		plan.Steps[i].Check = func(ctx context.Context, v offboard.View) (offboard.Verdict, error) {
			ctx, span := start(ctx, "check", step, v)
			defer span.End()
			verdict, err := step.Check(ctx, v)
			span.SetAttributes(stateKey.String(string(verdict.State)))
			fail(span, err)
			return verdict, err
		}
		if step.Apply == nil {
			continue
		}
		plan.Steps[i].Apply = func(ctx context.Context, v offboard.View, target string) (offboard.Applied, error) {
			ctx, span := start(ctx, "apply", step, v)
			defer span.End()
			applied, err := step.Apply(ctx, v, target)
			fail(span, err)
			return applied, err
		}
	}
	return plan
}

// note counts a record, and leaves an event on the run's span where somebody
// should look: something failed or is blocked, its outcome is unknown, a person
// was asked or has answered. A span keeps its newest 128 events; the journal has
// them all. Nothing is sent from here, so that the run goes on at once.
func (t telemetry) note(ctx context.Context, span trace.Span, client map[string]int, r offboard.Record) {
	kind, state := kindKey.String(string(r.Kind)), stateKey.String(string(r.State))
	t.records.Add(ctx, 1, metric.WithAttributes(kind, stepKey.String(r.Step), state))
	notable := []offboard.State{offboard.Failed, offboard.Blocked, offboard.Unknown}
	if slices.Contains(notable, r.State) || r.Kind == offboard.KindAsked || r.Kind == offboard.KindAnswered {
		attributes := append(about(client, r.Client, r.Step), kind, state, seqKey.Int(r.Seq))
		span.AddEvent("record", trace.WithTimestamp(r.Time), trace.WithAttributes(attributes...))
	}
}

// about names a step and, if it is of one client, its number.
func about(client map[string]int, code, step string) []attribute.KeyValue {
	attributes := []attribute.KeyValue{stepKey.String(step)}
	if n, ok := client[code]; ok {
		attributes = append(attributes, clientKey.Int(n))
	}
	return attributes
}

// fail marks the span by the kind of the error; its text stays here.
func fail(span trace.Span, err error) {
	if err != nil {
		span.SetAttributes(semconv.ErrorType(err))
		span.SetStatus(codes.Error, "")
	}
}
