package agent

import (
	"slices"

	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/journal"
)

// Logs returns how many and how large the device-local logs of a journal are, as the status names them.
func Logs(j *journal.Journal) (all []status.Logs) {
	for _, l := range j.Logs() {
		at := slices.IndexFunc(all, func(s status.Logs) bool { return s.Name == l.Family() })
		if at < 0 {
			at = len(all)
			all = append(all, status.Logs{Name: l.Family()})
		}
		all[at].Logs++
		all[at].Entries += l.Last - l.Dropped
		all[at].Bytes += l.Bytes
	}
	return all
}
