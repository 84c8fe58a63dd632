package machine

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/machine/internal/wire"
)

// writeOptions writes the part of a machine's options that its behaviour depends on, without its key.
func writeOptions(w *wire.Writer, o Options) {
	for _, n := range []int{o.MaxSessions, o.MaxRoles, o.Buffer.Capacity, o.Buffer.Max, o.MaxPayload} {
		w.Uint(uint64(n))
	}
	for _, n := range []uint8{uint8(o.Buffer.Mode), uint8(o.Buffer.Policy), uint8(o.Scheduler), uint8(o.Payload), uint8(o.Hardening)} {
		w.Byte(n)
	}
	w.Bool(o.Output.disabled)
	w.Uint(uint64(o.Output.denied))
	w.Uint(o.Credits)
	w.Uint(uint64(o.TickLength))
	w.Uint(uint64(len(o.Layers)))
	for _, l := range o.Layers {
		w.String(l.Name)
		w.Uint(uint64(l.Slots))
	}
	writeFlow(w, o.Flow)
}

func readOptions(r *wire.Reader) Options {
	o := Options{
		MaxSessions: int(r.Max(1<<24, "a limit")), MaxRoles: int(r.Max(1<<24, "a limit")),
		Buffer:     Buffer{Capacity: int(r.Max(1<<24, "a capacity")), Max: int(r.Max(1<<24, "a capacity"))},
		MaxPayload: int(r.Max(maxPayload, "a payload bound")),
	}
	o.Buffer.Mode, o.Buffer.Policy = BufferMode(r.Byte()), FullPolicy(r.Byte())
	o.Scheduler, o.Payload, o.Hardening = Scheduler(r.Byte()), PayloadCheck(r.Byte()), Hardening(r.Byte())
	o.Output = OutputPolicy{disabled: r.Bool(), denied: predicateSet(r.Max(1<<16-1, "an output policy"))}
	o.Credits, o.TickLength = r.Uint(), aura.Duration(r.Max(1<<62, "a tick"))
	for range r.Count(maxFragments, 2, "layers") {
		o.Layers = append(o.Layers, Layer{r.String(maxNameBytes, "a layer"), int(r.Max(1<<24, "slots"))})
	}
	nodes := maxSortNodes
	o.Flow = readFlow(r, 0, &nodes)
	return o
}

func writeFlow(w *wire.Writer, f FlowRule) {
	w.Byte(byte(f.Kind))
	w.String(f.Text)
	writeRoles(w, f.Roles)
	w.Uint(uint64(len(f.Of)))
	for _, r := range f.Of {
		writeFlow(w, r)
	}
}

func readFlow(r *wire.Reader, depth int, nodes *int) FlowRule {
	*nodes--
	if depth > maxSortDepth || *nodes < 0 {
		r.Fail("a flow policy is too deep")
		return FlowRule{}
	}
	f := FlowRule{Kind: FlowKind(r.Byte()), Text: r.String(maxNameBytes, "a text"), Roles: readRoles(r)}
	for range r.Count(maxFragments, 4, "rules") {
		f.Of = append(f.Of, readFlow(r, depth+1, nodes))
	}
	return f
}
