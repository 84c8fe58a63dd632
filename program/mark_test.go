package program

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"
	"github.com/aura-runtime/aura/world"
)

// troubleLog counts the reports of a service that is in trouble.
type troubleLog struct{ count int }

func (l *troubleLog) Emit(e world.Event) {
	if e.Family() == world.FamilyHealth {
		l.count++
	}
}

// TestAMarkIsKeptEachMinuteAndAtTheEnd: a folder that cannot be written is reported once, however often it is tried, and
// again after it could be written. It fails nothing.
func TestAMarkIsKeptEachMinuteAndAtTheEnd(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	t.Setenv("XDG_STATE_HOME", state)
	now := journal.Mark{Device: aura.DeviceID{1}}
	m := &marker{home: "/home/ada", mark: func() journal.Mark { return now }}
	log := &troubleLog{}
	check := func(facts uint64, reports int) {
		t.Helper()
		kept, f, err := readMark(now.Device)
		if facts == 0 && !errors.Is(err, aura.Unavailable) || facts > 0 && (err != nil || kept.Facts != facts || f.Home != "/home/ada") {
			t.Errorf("kept %+v of %s, %v; want %d facts", kept, f.Home, err, facts)
		}
		if log.count != reports {
			t.Errorf("%d reports, want %d", log.count, reports)
		}
	}
	blocked := func() {
		if err := os.WriteFile(state, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err := task.NewSim(1, task.SimOptions{Log: log}).Run("test", func(tc task.Context) error {
		g := task.NewGroup(tc, "mark")
		h := task.Supervise(g, m)
		blocked()
		if err := h.Start(tc); err != nil {
			return err
		}
		minute := func() {
			now.Facts++
			_ = tc.Sleep(markEvery + time.Second)
		}
		for range 3 {
			minute()
		}
		check(0, 1)
		if err := os.Remove(state); err != nil {
			return err
		}
		minute()
		check(now.Facts, 1)
		if err := os.RemoveAll(state); err != nil {
			return err
		}
		blocked()
		_ = tc.Sleep(10 * markEvery)
		check(0, 1) // it has not changed, so nothing was tried
		minute()
		minute()
		check(0, 2)
		if err := os.Remove(state); err != nil {
			return err
		}
		now.Facts++
		h.Cancel()
		err := errors.Join(h.Join(tc, time.Second), h.Close(tc, time.Second))
		check(now.Facts, 2)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAMarkOfAnotherDeviceIsNone: neither is a file with other content.
func TestAMarkOfAnotherDeviceIsNone(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	ada, ben := aura.DeviceID{1}, aura.DeviceID{2}
	if _, _, err := readMark(ada); !errors.Is(err, aura.NotFound) {
		t.Errorf("before there is one: %v", err)
	}
	want := journal.Mark{Device: ada, Facts: 7, Heads: [32]byte{1, 2, 3}}
	if err := writeMark(want, "/home/ada", 5); err != nil {
		t.Fatal(err)
	}
	got, f, err := readMark(ada)
	if err != nil || got != want || !f.Time.Equal(aura.Instant(5).Std()) {
		t.Errorf("read %+v at %v, %v", got, f.Time, err)
	}
	mine, _ := markPath(ada)
	other, _ := markPath(ben)
	text, err := os.ReadFile(mine)
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{
		string(text), "", "{}", `{"format":0}`, "[", string(text[:len(text)/2]), strings.Replace(string(text), "{", "{"+strings.Repeat(" ", maxMark), 1),
	} {
		if err := os.WriteFile(other, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := readMark(ben); !errors.Is(err, aura.Corrupt) {
			t.Errorf("%.100q: %v", content, err)
		}
	}
	for _, make := range []func() error{
		func() error { return os.Mkdir(other, 0o700) },
		func() error { return os.Symlink(os.DevNull, other) }, // no file with an end, as a pipe is
	} {
		if err := errors.Join(os.Remove(other), make()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := readMark(ben); !errors.Is(err, aura.Corrupt) {
			t.Errorf("what is no file: %v", err)
		}
	}
}

// TestAMarkOfANewerBuildStays: the program says that it is too old for it, and does not write over what the newer one noted.
func TestAMarkOfANewerBuildStays(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	ada := journal.Mark{Device: aura.DeviceID{1}, Facts: 7}
	if err := writeMark(ada, "/home/ada", 5); err != nil {
		t.Fatal(err)
	}
	path, err := markPath(ada.Device)
	if err != nil {
		t.Fatal(err)
	}
	newer := []byte(`{"format":9,"device":{"of":"another form"}}`)
	if err := os.WriteFile(path, newer, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readMark(ada.Device); !errors.Is(err, aura.Invalid) || !strings.Contains(aura.Reason(err), "has format 9, this program knows 1: upgrade") {
		t.Errorf("read: %v", err)
	}
	if err := writeMark(ada, "/home/ada", 6); !errors.Is(err, aura.Invalid) {
		t.Errorf("written over: %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != string(newer) {
		t.Errorf("the file has %q, %v", text, err)
	}
	var said strings.Builder
	if _, known := newestMark(&cli.Shell{Err: &said})(ada.Device); known || !strings.Contains(said.String(), "upgrade the program; so it is not known") {
		t.Errorf("known %v, said %q", known, said.String())
	}
}
