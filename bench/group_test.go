package bench

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
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
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// BenchmarkGroup founds a group of 32 agents ($AURA_BENCH_MEMBERS), each with its own journal on disk and its own
// libp2p host on loopback, of whom the founder alone knows the others. The founder has this process for itself and
// the members share another one, so that processor time and memory are told apart: "founder-" and "members-", the
// latter of all members together.
//
// "create" lasts from the intent until the first text is durable at all members and the founder knows, "first-ms/op",
// and then until each member has a text of each other one, so that the mesh of their channels stands. "text" is one
// text by the founder: "ms/op" until all members have it, "known-ms/op" until it is shown delivered, which waits up
// to 150 ms for the acknowledgements to gather; "founder-µs/recipient" is the founder's processor time from the
// intent until then.
func BenchmarkGroup(b *testing.B) {
	agents := 32
	if s := os.Getenv("AURA_BENCH_MEMBERS"); s != "" {
		agents, _ = strconv.Atoi(s)
	}
	dir := b.TempDir()
	err := task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
		found(tc, b, dir, "Founder")
		f := &founder{tc: tc, b: b, agent: start(tc, b, dir, "Founder"), commits: task.NewWake(), others: agents - 1}
		f.agent.Journal().Attach(ringing{f.commits})
		f.begin(dir)
		f.meet()
		report := f.measure(1, f.create)
		b.Run("create", func(b *testing.B) {
			report(b)
			b.ReportMetric(f.first.Seconds()*1e3, "first-ms/op")
		})
		b.Run("text", func(b *testing.B) {
			f.pass(2 * time.Second) // the last acknowledgements
			f.have, f.known = 0, 0
			report := f.measure(b.N, func() {
				for range b.N {
					f.say()
				}
			})
			report(b)
			b.ReportMetric(f.have.Seconds()*1000/float64(b.N), "ms/op")
			b.ReportMetric(f.known.Seconds()*1000/float64(b.N), "known-ms/op")
		})
		f.end()
		return f.agent.Stop(tc)
	})
	if err != nil {
		b.Fatal(err)
	}
}

// founder is the agent of this process.
type founder struct {
	tc      task.Context
	b       *testing.B
	agent   *agent.Agent
	commits *task.Wake
	others  int
	process *exec.Cmd
	in      *json.Encoder
	out     *json.Decoder
	end     func()

	group   chat.Ref
	device  aura.DeviceID
	members []aura.AuthorityID

	first       time.Duration // until all have the first text
	have, known time.Duration // in all
}

// order is an order of the founder to the process of the members: one of them accepts an invitation, or it waits until
// all of them hold so many facts of a device in a context, or each says something there and has what all others say.
type order struct {
	Say     bool
	Member  int
	Code    string
	Context aura.ContextID
	Device  aura.DeviceID
	Count   uint64
}

// cost is the processor time and memory of a process since it began.
type cost struct {
	Processor float64 // seconds
	Commits   uint64
	Resident  float64 // megabytes, now
}

func costOf(tb testing.TB, agents ...*agent.Agent) (c cost) {
	c.Processor, c.Resident = processor(tb), resident(tb)
	for _, a := range agents {
		c.Commits += a.Journal().Commits()
	}
	return c
}

// ringing rings a bell at each commit.
type ringing struct{ bell *task.Wake }

func (r ringing) Committed([]fact.Record) { r.bell.Notify() }

// begin starts the process of the members.
func (f *founder) begin(dir string) {
	f.process = exec.Command(os.Args[0], "-test.run", "^TestMembers$")
	if profile := flag.Lookup("test.cpuprofile").Value.String(); profile != "" {
		f.process.Args = append(f.process.Args, "-test.cpuprofile", profile+".members")
	}
	f.process.Env = append(os.Environ(), "AURA_BENCH_DIR="+dir, fmt.Sprint("AURA_BENCH_OTHERS=", f.others))
	f.process.Stderr = os.Stderr
	in, err := f.process.StdinPipe()
	if err != nil {
		f.b.Fatal(err)
	}
	out, err := f.process.StdoutPipe()
	if err == nil {
		err = f.process.Start()
	}
	if err != nil {
		f.b.Fatal(err)
	}
	f.in, f.out = json.NewEncoder(in), json.NewDecoder(out)
	f.end = func() {
		in.Close()
		if err := f.process.Wait(); err != nil {
			f.b.Error(err)
		}
	}
}

// tell has the members run an order, and returns their cost.
func (f *founder) tell(o order) (c cost) {
	err := f.in.Encode(o)
	if err == nil {
		err = f.out.Decode(&c)
	}
	if err != nil {
		said, _ := io.ReadAll(f.out.Buffered()) // a test says on its output why it failed
		f.b.Fatalf("the members: %v: %s", err, said)
	}
	return c
}

// TestMembers is the process of the members: it runs them until its input ends.
func TestMembers(t *testing.T) {
	others, err := strconv.Atoi(os.Getenv("AURA_BENCH_OTHERS"))
	if err != nil {
		t.Skip("this process belongs to BenchmarkGroup, which starts it: run that")
	}
	dir := os.Getenv("AURA_BENCH_DIR")
	err = task.NewReal(task.RealOptions{}).Run("bench", func(tc task.Context) error {
		commits := task.NewWake()
		var agents []*agent.Agent
		for i := range others {
			name := fmt.Sprintf("Member %d", i+1)
			found(tc, t, dir, name)
			agents = append(agents, start(tc, t, dir, name))
			agents[i].Journal().Attach(ringing{commits})
		}
		in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
		for o := (order{}); in.Decode(&o) == nil; o = (order{}) {
			if o.Code != "" {
				submit(tc, t, agents[o.Member], invite.IntentAccept, invite.CodeIntent{Code: o.Code})
			}
			if o.Say {
				everybodySpeaks(tc, t, agents, commits, o.Context)
			}
			until(tc, t, commits, "all have it", func() bool {
				return !slices.ContainsFunc(agents, func(a *agent.Agent) bool {
					return a.Journal().Count(fact.ContextNamespace(o.Context), o.Device) < o.Count
				})
			})
			if err := out.Encode(costOf(t, agents...)); err != nil {
				return err
			}
		}
		for _, a := range agents {
			if err := a.Stop(tc); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// everybodySpeaks has each agent say something in a group and waits until all have all of it.
func everybodySpeaks(tc task.Context, t *testing.T, agents []*agent.Agent, commits *task.Wake, group aura.ContextID) {
	namespace, said := fact.ContextNamespace(group), map[aura.DeviceID]uint64{}
	for _, a := range agents {
		to, own := chat.Ref{Context: group, Group: true}, aura.DeviceID{}
		membership := fact.Selection{Kinds: []string{chat.KindInvited, chat.KindJoined}}
		_, err := a.Journal().Read(tc, membership, func(r fact.Record) error {
			if r.Fact.Kind == chat.KindInvited {
				to.Epoch = r.Fact.Logical
			} else {
				own = r.Fact.Device
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		submit(tc, t, a, chat.IntentSend, chat.SendIntent{To: to, Text: strings.Repeat("x", text)})
		said[own] = a.Journal().Count(namespace, own)
	}
	if len(said) != len(agents) {
		t.Fatalf("%d of %d are members", len(said), len(agents))
	}
	until(tc, t, commits, "all have what all said", func() bool {
		return !slices.ContainsFunc(agents, func(a *agent.Agent) bool {
			for device, count := range said {
				if a.Journal().Count(namespace, device) < count {
					return true
				}
			}
			return false
		})
	})
}

// until waits for a condition of the journals.
func until(tc task.Context, tb testing.TB, commits *task.Wake, what string, done func() bool) {
	limit := tc.Elapsed() + aura.Duration(5*time.Minute)
	for !done() {
		rung, err := commits.WaitUntil(tc, limit)
		if err != nil {
			tb.Fatal(err)
		}
		if !rung {
			tb.Fatalf("%s: not within five minutes", what)
		}
	}
}

// measure runs fn, which does something n times, and returns a report of its cost.
func (f *founder) measure(n int, fn func()) (report func(*testing.B)) {
	runtime.GC()
	members, own, began := f.tell(order{}), costOf(f.b, f.agent), time.Now()
	fn()
	took, after, all := time.Since(began), costOf(f.b, f.agent), f.tell(order{})
	return func(b *testing.B) {
		each := func(c cost, before cost, name string) {
			b.ReportMetric((c.Processor-before.Processor)*1e3/float64(n), name+"-cpu-ms/op")
			b.ReportMetric(float64(c.Commits-before.Commits)/float64(n), name+"-commits/op")
			b.ReportMetric(c.Resident, name+"-MB")
		}
		each(after, own, "founder")
		each(all, members, "members")
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(took.Seconds()*1e3/float64(n), "ms/op")
		b.ReportMetric((after.Processor-own.Processor)*1e6/float64(n*f.others), "founder-µs/recipient")
	}
}

// resident returns the memory of this process in megabytes.
func resident(tb testing.TB) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		tb.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		tb.Fatal(err)
	}
	return float64(kb) / 1024
}

func (f *founder) pass(d time.Duration) {
	if err := f.tc.Sleep(d); err != nil {
		f.b.Fatal(err)
	}
}

// meet makes all members contacts of the founder.
func (f *founder) meet() {
	for i := range f.others {
		var made invite.CreateResult
		r := submit(f.tc, f.b, f.agent, invite.IntentCreate, invite.CreateIntent{})
		if err := fact.Unmarshal(r.Payload, &made); err != nil {
			f.b.Fatal(err)
		}
		f.tell(order{Member: i, Code: made.Code})
	}
	until(f.tc, f.b, f.commits, "all are contacts", func() bool { return len(f.added()) == f.others })
	f.pass(2 * time.Second)
}

// added returns the facts by which the members became contacts.
func (f *founder) added() (records []fact.Record) {
	_, err := f.agent.Journal().Read(f.tc, fact.Selection{Kinds: []string{contact.KindAdded}}, func(r fact.Record) error {
		records = append(records, r)
		return nil
	})
	if err != nil {
		f.b.Fatal(err)
	}
	return records
}

// create founds the group and says the first text.
func (f *founder) create() {
	began := time.Now()
	var members []contact.Ref
	for _, r := range f.added() {
		var added contact.Added
		if err := fact.Unmarshal(r.Fact.Payload, &added); err != nil {
			f.b.Fatal(err)
		}
		certificate, err := fact.DecodeCertificate(added.Certificate)
		if err != nil {
			f.b.Fatal(err)
		}
		f.device = r.Fact.Device
		f.members = append(f.members, added.Authority)
		members = append(members, contact.Ref{
			Context: added.Context, Authority: added.Authority, Device: certificate.Device(), Epoch: r.Fact.Logical,
		})
	}
	var created chat.Created
	r := submit(f.tc, f.b, f.agent, chat.IntentCreate, chat.CreateIntent{Name: "everybody", Members: members})
	if err := fact.Unmarshal(r.Payload, &created); err != nil {
		f.b.Fatal(err)
	}
	f.group = chat.Ref{Context: created.Context, Group: true, Epoch: created.Epoch}
	f.say()
	f.first = time.Since(began)
	f.tell(order{Say: true, Context: f.group.Context})
}

// say says something and waits until all members have it, and the founder knows.
func (f *founder) say() {
	began, author, namespace := time.Now(), f.agent.Journal(), fact.ContextNamespace(f.group.Context)
	submit(f.tc, f.b, f.agent, chat.IntentSend, chat.SendIntent{To: f.group, Text: strings.Repeat("x", text)})
	want := author.Count(namespace, f.device)
	f.tell(order{Context: f.group.Context, Device: f.device, Count: want})
	f.have += time.Since(began)
	until(f.tc, f.b, f.commits, "the founder knows", func() bool {
		return !slices.ContainsFunc(f.members, func(m aura.AuthorityID) bool {
			value, err := author.Meta(delivery.AckedKey(f.group.Context, m))
			number, bad := delivery.ParseNumber(value)
			return err != nil || value == nil || bad != nil || number < want
		})
	})
	f.known += time.Since(began)
}
