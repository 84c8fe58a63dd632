package telemetry_test

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/telemetry"
	"github.com/aura-runtime/aura/world"
)

func fact(n int) (id aura.FactID) {
	binary.BigEndian.PutUint64(id[:], uint64(n)+1)
	return id
}

// author and reader are the events that the two agents of a message report.
func author(id aura.FactID) []world.Event {
	return []world.Event{
		world.FactCommitted("journal", id), world.GuardAllowed("chat:send", aura.OperationID{9}, id),
		world.FactReleased("sync", id), world.FactAcknowledged("sync", id),
	}
}

func reader(id aura.FactID) []world.Event {
	return []world.Event{world.FactCommitted("journal", id), world.FactReceived("sync", id)}
}

func scrape(t *testing.T, m *telemetry.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, telemetry.Path, nil))
	return w.Body.String()
}

func TestEventsBecomeMetrics(t *testing.T) {
	m := telemetry.NewMetrics()
	events := append(author(fact(1)), author(fact(2))...)
	events = append(events,
		world.GuardDenied("chat:send", text("flow budget"), text("used up for this epoch"), aura.OperationID{8}),
		world.ServiceMoved("sync", "agent", text("starting"), text("running"), nil),
		world.ServiceMoved("sync", "agent", text("running"), text("failed"), aura.Corrupt),
		world.ConnectionUp("sync", "direct"), world.ConnectionUp("sync", "direct"), world.ConnectionDown("sync", aura.Stale),
	)
	for _, e := range events {
		m.Emit(e)
	}
	page := scrape(t, m)
	for _, line := range []string{
		`aura_events_total{error_kind="",family="message",message="release",service="sync"} 2`,
		`aura_guard_decisions_total{capability="chat:send",decision="allow",reason="",stage=""} 2`,
		`aura_guard_decisions_total{capability="chat:send",decision="deny",reason="used up for this epoch",stage="flow budget"} 1`,
		`aura_service_state{service="sync",state="failed"} 1`,
		`aura_service_state{service="sync",state="running"} 0`,
		`aura_events_total{error_kind="corrupt",family="service.lifecycle",message="failed",service="sync"} 1`,
		`aura_connections 1`,
		`aura_delivery_seconds_count 2`,
	} {
		if !strings.Contains(page, line+"\n") {
			t.Errorf("no line %s in:\n%s", line, page)
		}
	}
}

// TestNoMessageMakesAMetricOfItsOwn: a name that a peer can multiply must not grow the page.
func TestNoMessageMakesAMetricOfItsOwn(t *testing.T) {
	m := telemetry.NewMetrics()
	lines := func() (n int) {
		for line := range strings.Lines(scrape(t, m)) {
			if strings.HasPrefix(line, "aura_") {
				n++
			}
		}
		return n
	}
	play := func(n int) {
		for _, e := range append(author(fact(n)), reader(fact(-n))...) {
			m.Emit(e)
		}
		m.Emit(world.FactReleased("sync", fact(1_000_000+n))) // to a peer that never answers
	}
	play(0)
	before := lines()
	for n := range 10_000 {
		play(n + 1)
	}
	if after := lines(); after != before {
		t.Errorf("%d lines after one message and %d after many", before, after)
	}
}

type text string

func (t text) String() string { return string(t) }

func TestMetricsAreForThisMachineAlone(t *testing.T) {
	for address, works := range map[string]bool{
		"127.0.0.1:0": true, "[::1]:9464": true, "127.8.8.8:1": true, "0.0.0.0:9464": false, "[::]:9464": false,
		"192.0.2.1:9464": false, ":9464": false, "localhost": false, "": false,
	} {
		if _, err := telemetry.NewServer(address, telemetry.NewMetrics()); works != (err == nil) || !works && aura.KindOf(err) != aura.Invalid {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// leaveRoom opens more connections than a server of metrics may hold, reports it unless the last of them are closed at
// once, and goes.
func leaveRoom(t *testing.T, address string) {
	t.Helper()
	var held []net.Conn
	for range 40 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, c)
	}
	// The server waits five seconds for a request on a connection that it keeps.
	closed, until := 0, time.Now().Add(3*time.Second)
	for i := len(held) - 1; i >= len(held)-10; i-- {
		_ = held[i].SetReadDeadline(until)
		if _, err := held[i].Read(make([]byte, 1)); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			closed++
		}
	}
	if closed < 10 {
		t.Errorf("of 10 connections too many %d were closed", closed)
	}
	// The server closes its end of a connection on which no request comes any more, and then has room.
	for _, c := range held {
		_ = c.(*net.TCPConn).CloseWrite()
		_ = c.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := c.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the server keeps a connection without a request")
		}
		_ = c.Close()
	}
	for range 100 { // it counts the last one a moment after it has closed it
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		_, err = c.Read(make([]byte, 1))
		_ = c.Close()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
	}
	t.Error("there is no room again")
}

func TestMetricsAreServed(t *testing.T) {
	s, err := telemetry.NewServer("127.0.0.1:0", telemetry.NewMetrics())
	if err != nil {
		t.Fatal(err)
	}
	get := func(method, path, host string) (int, string) {
		r, err := http.NewRequest(method, strings.TrimSuffix(s.URL(), telemetry.Path)+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			r.Host = host
		}
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		body, _ := io.ReadAll(a.Body)
		return a.StatusCode, string(body)
	}
	err = task.NewReal(task.RealOptions{}).Run("test", func(tc task.Context) error {
		h := task.Supervise(tc.Group(), s)
		if err := h.Start(tc); err != nil {
			return err
		}
		second, _ := telemetry.NewServer(strings.TrimSuffix(strings.TrimPrefix(s.URL(), "http://"), telemetry.Path), telemetry.NewMetrics())
		if err := second.Start(tc); aura.KindOf(err) != aura.Unavailable {
			t.Errorf("a port that is taken: %v", err)
		}
		if status, body := get("GET", telemetry.Path, ""); status != 200 || !strings.Contains(body, "aura_connections 0") {
			t.Errorf("%d: %s", status, body)
		}
		for _, c := range []struct {
			method, path, host string
			status             int
		}{
			{"GET", telemetry.Path, "localhost:1", 200}, {"GET", telemetry.Path, "example.org:9464", 403},
			{"GET", telemetry.Path, "192.0.2.1:9464", 403}, {"GET", "/debug/pprof/", "", 404}, {"POST", telemetry.Path, "", 405},
		} {
			if status, _ := get(c.method, c.path, c.host); status != c.status {
				t.Errorf("%+v: status %d", c, status)
			}
		}
		leaveRoom(t, strings.TrimSuffix(strings.TrimPrefix(s.URL(), "http://"), telemetry.Path))
		if status, _ := get("GET", telemetry.Path, ""); status != 200 {
			t.Errorf("after many connections: status %d", status)
		}
		if err := h.Join(tc, time.Minute); err != nil {
			return err
		}
		return h.Close(tc, time.Minute)
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := http.Get(s.URL()); err == nil {
		t.Error("it answers after its end")
	}
}

// span is the part of a line that a test reads.
type span struct {
	Name        string
	SpanContext struct{ TraceID string }
	Attributes  []struct{ Key string }
	Events      []struct{ Name string }
	Status      struct{ Code string }
}

// traced writes events and returns the spans, without those of services.
func traced(t *testing.T, events []world.Event) (spans []span) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "spans")
	traces, err := telemetry.OpenTraces(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		traces.Emit(e)
	}
	if err := traces.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file: %v, %v", info.Mode(), err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var s span
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		spans = append(spans, s)
	}
	return spans
}

func (s span) has() (all []string) {
	for _, e := range s.Events {
		all = append(all, e.Name)
	}
	return all
}

func TestTheSpansOfAMessageAreOneTrace(t *testing.T) {
	id := fact(7)
	here, there := traced(t, author(id)), traced(t, reader(id))
	if len(here) != 1 || len(there) != 1 {
		t.Fatalf("spans %v and %v", here, there)
	}
	want := hex.EncodeToString(id[:16])
	if here[0].SpanContext.TraceID != want || there[0].SpanContext.TraceID != want {
		t.Errorf("traces %+v and %+v, want %s", here[0].SpanContext, there[0].SpanContext, want)
	}
	steps := []string{"message commit", "guard allow", "message release", "message acknowledge"}
	if diff := cmp.Diff(steps, here[0].has()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"message commit", "message receive"}, there[0].has()); diff != "" {
		t.Error(diff)
	}
}

func TestWhichEventsMakeASpan(t *testing.T) {
	id := fact(1)
	state := func(from, to string, err error) world.Event {
		return world.ServiceMoved("sync", "agent", text(from), text(to), err)
	}
	for name, c := range map[string]struct {
		events []world.Event
		want   string // name, steps and status of each span
	}{
		"a fact that stays here": {[]world.Event{world.FactCommitted("journal", id), world.GuardAllowed("delivery:record", aura.OperationID{}, id)}, ""},
		"a message to two": {[]world.Event{
			world.FactReleased("sync", id), world.FactReleased("sync", id), world.FactAcknowledged("sync", id), world.FactAcknowledged("sync", id)},
			"message 4 Unset;"},
		"a message that nobody acknowledges": {[]world.Event{world.FactReleased("sync", id)}, "message 1 Unset unfinished;"},
		"a message that waits for budget": {append([]world.Event{world.FactCommitted("journal", id),
			world.BudgetWaits("guard", "chat:send", text("flow budget"), text("short"), id)}, author(id)[2:]...), "message 4 Unset;"},
		"a denial":    {[]world.Event{world.GuardDenied("chat:send", text("flow budget"), text("short"), aura.OperationID{4})}, "guard deny 0 Error;"},
		"a violation": {[]world.Event{world.InvariantViolated("journal", "order", aura.FactID{}, aura.Internal)}, "invariant violation 0 Error;"},
		"a service": {[]world.Event{state("new", "starting", nil), state("starting", "running", nil),
			state("running", "stopping", nil), state("stopping", "stopped", nil)}, "service sync 4 Unset;"},
		"a service that fails": {[]world.Event{state("new", "starting", nil), state("starting", "failed", aura.Corrupt)}, "service sync 2 Error;"},
		"a task":               {[]world.Event{world.TaskSpawned("t", "g"), world.TaskDone("t", "g", nil)}, ""},
	} {
		got := ""
		for _, s := range traced(t, c.events) {
			got += s.Name + " " + string(rune('0'+len(s.Events))) + " " + s.Status.Code
			for _, a := range s.Attributes {
				if a.Key == "unfinished" {
					got += " unfinished"
				}
			}
			got += ";"
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestOpenSpansAreBounded: messages to a peer that is away end as unfinished and free their memory.
func TestOpenSpansAreBounded(t *testing.T) {
	var events []world.Event
	const sent = 4096 + 500
	for n := range sent {
		events = append(events, world.FactCommitted("journal", fact(n)), world.FactReleased("sync", fact(n)))
	}
	path := filepath.Join(t.TempDir(), "spans")
	traces, err := telemetry.OpenTraces(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		traces.Emit(e)
	}
	if open := traces.Open(); open > 4096 {
		t.Errorf("%d spans are open", open)
	}
	if err := traces.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAFileOfTracesThatCannotBe(t *testing.T) {
	if _, err := telemetry.OpenTraces(filepath.Join(t.TempDir(), "no", "such", "folder")); aura.KindOf(err) != aura.Unavailable {
		t.Error(err)
	}
}
