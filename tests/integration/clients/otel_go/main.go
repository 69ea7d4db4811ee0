// Sends spans with the OpenTelemetry SDK for Go and its Jaeger exporter, both as Debian packages them, and prints, as JSON, what was sent.
//
//	otel_go udp HOST PORT SERVICE
//	otel_go http URL SERVICE
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/jaeger"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.4.0"
	"go.opentelemetry.io/otel/trace"
)

type attributeText struct {
	Key   string      `json:"key"`
	Type  string      `json:"type"`
	Value interface{} `json:"value"`
}
type eventText struct {
	Name       string          `json:"name"`
	Time       string          `json:"time"`
	Attributes []attributeText `json:"attributes"`
}
type linkText struct {
	TraceID string `json:"traceID"`
	SpanID  string `json:"spanID"`
}
type spanText struct {
	TraceID    string            `json:"traceID"`
	SpanID     string            `json:"spanID"`
	Parent     string            `json:"parentSpanID"`
	Name       string            `json:"name"`
	Kind       string            `json:"kind"`
	Start      string            `json:"start"`
	End        string            `json:"end"`
	Attributes []attributeText   `json:"attributes"`
	Events     []eventText       `json:"events"`
	Links      []linkText        `json:"links"`
	Status     map[string]string `json:"status"`
	Scope      map[string]string `json:"scope"`
}

func describeAttributes(values []attribute.KeyValue) []attributeText {
	out := []attributeText{}
	for _, kv := range values {
		name := map[attribute.Type]string{attribute.BOOL: "bool", attribute.INT64: "int", attribute.FLOAT64: "double"}[kv.Value.Type()]
		if name == "" {
			name = "string"
		}
		out = append(out, attributeText{string(kv.Key), name, kv.Value.AsInterface()})
	}
	return out
}

func describe(span sdktrace.ReadOnlySpan) spanText {
	out := spanText{
		TraceID: span.SpanContext().TraceID().String(), SpanID: span.SpanContext().SpanID().String(), Name: span.Name(),
		Kind: span.SpanKind().String(), Start: fmt.Sprint(span.StartTime().UnixNano()), End: fmt.Sprint(span.EndTime().UnixNano()),
		Attributes: describeAttributes(span.Attributes()), Events: []eventText{}, Links: []linkText{},
		Status: map[string]string{"message": span.Status().Description},
		Scope:  map[string]string{"name": span.InstrumentationLibrary().Name, "version": span.InstrumentationLibrary().Version},
	}
	out.Status["code"] = map[codes.Code]string{codes.Unset: "unset", codes.Ok: "ok", codes.Error: "error"}[span.Status().Code]
	if span.Parent().HasSpanID() {
		out.Parent = span.Parent().SpanID().String()
	}
	for _, event := range span.Events() {
		out.Events = append(out.Events, eventText{event.Name, fmt.Sprint(event.Time.UnixNano()), describeAttributes(event.Attributes)})
	}
	for _, link := range span.Links() {
		out.Links = append(out.Links, linkText{link.SpanContext.TraceID().String(), link.SpanContext.SpanID().String()})
	}
	return out
}

// gather keeps what ended; it is the only span processor, so that one export call sends all.
type gather struct{ spans []sdktrace.ReadOnlySpan }

func (g *gather) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (g *gather) OnEnd(span sdktrace.ReadOnlySpan)                { g.spans = append(g.spans, span) }
func (g *gather) Shutdown(context.Context) error                  { return nil }
func (g *gather) ForceFlush(context.Context) error                { return nil }

func main() {
	var endpoint jaeger.EndpointOption
	service := os.Args[len(os.Args)-1]
	if os.Args[1] == "udp" {
		endpoint = jaeger.WithAgentEndpoint(jaeger.WithAgentHost(os.Args[2]), jaeger.WithAgentPort(os.Args[3]))
	} else {
		endpoint = jaeger.WithCollectorEndpoint(jaeger.WithEndpoint(os.Args[2]))
	}
	exporter, err := jaeger.New(endpoint)
	if err != nil {
		panic(err)
	}
	kept := &gather{}
	res := resource.NewWithAttributes(semconv.SchemaURL, semconv.ServiceNameKey.String(service), attribute.String("host.name", "go-1"), attribute.Int("shards", 3))
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(kept), sdktrace.WithResource(res))
	tracer := provider.Tracer("shop", trace.WithInstrumentationVersion("1.2.3"))
	now := time.Now()
	at := func(ms int) trace.SpanEventOption { return trace.WithTimestamp(now.Add(time.Duration(ms) * time.Millisecond)) }
	ctx, root := tracer.Start(context.Background(), "GET /items", trace.WithSpanKind(trace.SpanKindServer), at(0),
		trace.WithAttributes(attribute.String("text", "caf\u00e9 <b>&"), attribute.Int64("big", 1<<62), attribute.Float64("fraction", 0.1), attribute.Bool("flag", true)))
	_, child := tracer.Start(ctx, "select", trace.WithSpanKind(trace.SpanKindClient), at(1), trace.WithLinks(trace.Link{SpanContext: root.SpanContext()}))
	child.AddEvent("retry", at(2), trace.WithAttributes(attribute.Int("attempt", 2)))
	child.SetStatus(codes.Error, "broken")
	child.End(at(3))
	root.End(at(5))
	problems := []string{}
	if err := exporter.ExportSpans(context.Background(), kept.spans); err != nil {
		problems = append(problems, err.Error())
	}
	_ = exporter.Shutdown(context.Background())
	spans := []spanText{}
	for _, span := range kept.spans {
		spans = append(spans, describe(span))
	}
	text, err := json.Marshal(map[string]interface{}{"service": service, "spans": spans, "problems": problems, "resource": describeAttributes(res.Attributes())})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}
