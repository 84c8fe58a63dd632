package bench

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/agent"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// BenchmarkGroup founds a group of 32 agents ($AURA_BENCH_MEMBERS), each with its own journal on disk and its own
// libp2p host on loopback, of whom the founder alone knows the others. "create" lasts from the intent until the
// first text is durable at all members, when the mesh of their channels stands; "text" is one text by the founder
// until all members have it and the founder knows. All agents share the process, so processor time and memory
// are those of all of them together.
func BenchmarkGroup(b *testing.B) {
	members := 32
	if s := os.Getenv("AURA_BENCH_MEMBERS"); s != "" {
		members, _ = strconv.Atoi(s)
	}
	dir := b.TempDir()
	err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
		g := &gathering{tc: tc, b: b}
		for i := range members {
			name := fmt.Sprintf("Agent %d", i+1)
			found(tc, b, dir, name)
			g.agents = append(g.agents, start(tc, b, dir, name))
		}
		g.meet()
		report := g.measure(1, g.create)
		b.Run("create", report)
		b.Run("text", func(b *testing.B) {
			g.pass(2 * time.Second) // the last acknowledgements
			g.measure(b.N, func() {
				for range b.N {
					g.say()
				}
			})(b)
		})
		for _, a := range g.agents {
			if err := a.Stop(tc); err != nil {
				b.Error(err)
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// gathering is agents of whom the first knows all others.
type gathering struct {
	tc      task.Context
	b       *testing.B
	agents  []*agent.Agent
	group   chat.Ref
	device  aura.DeviceID      // of the founder
	members []aura.AuthorityID // but for the founder
}

// measure runs fn, which does something n times, and returns a report of what it cost.
func (g *gathering) measure(n int, fn func()) (report func(*testing.B)) {
	runtime.GC()
	began, all, founder, start := processor(g.b), g.commits(), g.agents[0].Journal().Commits(), time.Now()
	fn()
	used, took, recipients := (processor(g.b)-began)*1000, time.Since(start), n*(len(g.agents)-1)
	all, founder = g.commits()-all, g.agents[0].Journal().Commits()-founder
	memory := resident(g.b)
	return func(b *testing.B) {
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(took.Seconds()*1000/float64(n), "ms/op")
		b.ReportMetric(used/float64(n), "cpu-ms/op")
		b.ReportMetric(used/float64(recipients), "cpu-ms/recipient")
		b.ReportMetric(float64(founder)/float64(n), "founder-commits/op")
		b.ReportMetric(float64(all)/float64(n), "commits/op")
		b.ReportMetric(memory, "resident-MB")
	}
}

func (g *gathering) commits() (n uint64) {
	for _, a := range g.agents {
		n += a.Journal().Commits()
	}
	return n
}

// resident returns the memory of this process in megabytes.
func resident(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		b.Fatal(err)
	}
	return float64(kb) / 1024
}

func (g *gathering) pass(d time.Duration) {
	if err := g.tc.Sleep(d); err != nil {
		g.b.Fatal(err)
	}
}

// until waits for what only the journals show.
func (g *gathering) until(what string, done func() bool) {
	for limit := time.Now().Add(5 * time.Minute); !done(); g.pass(5 * time.Millisecond) {
		if time.Now().After(limit) {
			g.b.Fatalf("%s: not within five minutes", what)
		}
	}
}

// meet makes all others contacts of the first.
func (g *gathering) meet() {
	for _, other := range g.agents[1:] {
		var made invite.CreateResult
		r := submit(g.tc, g.b, g.agents[0], invite.IntentCreate, invite.CreateIntent{})
		if err := fact.Unmarshal(r.Payload, &made); err != nil {
			g.b.Fatal(err)
		}
		submit(g.tc, g.b, other, invite.IntentAccept, invite.CodeIntent{Code: made.Code})
	}
	g.until("all are contacts", func() bool {
		return len(g.added()) == len(g.agents)-1
	})
	g.pass(2 * time.Second)
}

// added returns the facts by which others became contacts of the founder.
func (g *gathering) added() (records []fact.Record) {
	_, err := g.agents[0].Journal().Read(g.tc, fact.Selection{Kinds: []string{contact.KindAdded}}, func(r fact.Record) error {
		records = append(records, r)
		return nil
	})
	if err != nil {
		g.b.Fatal(err)
	}
	return records
}

// create founds the group, waits until everybody is a member for everybody, and says the first text.
func (g *gathering) create() {
	var members []contact.Ref
	for _, r := range g.added() {
		var added contact.Added
		if err := fact.Unmarshal(r.Fact.Payload, &added); err != nil {
			g.b.Fatal(err)
		}
		certificate, err := fact.DecodeCertificate(added.Certificate)
		if err != nil {
			g.b.Fatal(err)
		}
		g.device = r.Fact.Device
		g.members = append(g.members, added.Authority)
		members = append(members, contact.Ref{
			Context: added.Context, Authority: added.Authority, Device: certificate.Device(), Epoch: r.Fact.Logical,
		})
	}
	var created chat.Created
	r := submit(g.tc, g.b, g.agents[0], chat.IntentCreate, chat.CreateIntent{Name: "everybody", Members: members})
	if err := fact.Unmarshal(r.Payload, &created); err != nil {
		g.b.Fatal(err)
	}
	g.group = chat.Ref{Context: created.Context, Group: true, Epoch: created.Epoch}
	g.say()
}

// say has the founder say something and waits until all others have it, and the founder knows.
func (g *gathering) say() {
	submit(g.tc, g.b, g.agents[0], chat.IntentSend, chat.SendIntent{To: g.group, Text: strings.Repeat("x", text)})
	author, namespace := g.agents[0].Journal(), fact.ContextNamespace(g.group.Context)
	want := author.Count(namespace, g.device)
	g.until("all have it", func() bool {
		return !slices.ContainsFunc(g.agents[1:], func(a *agent.Agent) bool {
			return a.Journal().Count(namespace, g.device) < want
		})
	})
	g.until("the founder knows", func() bool {
		return !slices.ContainsFunc(g.members, func(m aura.AuthorityID) bool {
			value, err := author.Meta(chat.AckedKey(g.group.Context, m))
			seq, bad := chat.ParseSeq(value)
			return err != nil || value == nil || bad != nil || seq < want
		})
	})
}
