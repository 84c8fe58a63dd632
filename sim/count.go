package sim

// Troubles counts the faults of a world, by kind. A fault counts when an agent met it: a disk that failed while no
// agent used it is not counted.
type Troubles struct {
	Crashes      int `json:"crashes"`
	Restarts     int `json:"restarts"` // after a clean stop
	Panics       int `json:"panics"`   // of agents, each made by the world
	Partitions   int `json:"partitions"`
	Moves        int `json:"moves"`          // to another network
	BothMoved    int `json:"both_moved"`     // pairs of people who moved at the same instant
	DiskFaults   int `json:"disk_faults"`    // disks that returned errors for a while
	SlowDisks    int `json:"slow_disks"`     // disks that took seconds for a sync
	StuckDisks   int `json:"stuck_disks"`    // disks whose syncs did not return for a while
	FullDisks    int `json:"full_disks"`     // disks that filled up, and had room again
	ClocksOff    int `json:"clocks_off"`     // people whose clocks differ from the others' all the time
	ClockJumps   int `json:"clock_jumps"`    // of clocks that were set wrong, or right
	ClockHours   int `json:"clocks_hours"`   // clocks that were set wrong by hours
	ClockYears   int `json:"clocks_year"`    // by a year
	ClockDecades int `json:"clocks_decades"` // by 80 years
	NameTakers   int `json:"names_taken"`    // people who took the name of another person
	NamesRefused int `json:"names_refused"`  // names that would deceive
	Absences     int `json:"absences"`       // of one person, for weeks
	LongAbsences int `json:"long_absences"`  // of them, longer than anything about a delivery is kept
	Copies       int `json:"copies"`         // of homes, started beside the original
	Restores     int `json:"restores"`       // of homes from an earlier copy
	OldCopies    int `json:"old_copies"`     // of them, with facts missing that the home had before
	Enrolments   int `json:"enrolments"`     // of further devices
	Removals     int `json:"removals"`       // of devices
	Bounds       int `json:"bounds"`         // that were said of removed devices, each in one conversation
	Gifts        int `json:"gifts"`          // of a part of a share, to another device of the account
	Contests     int `json:"contests"`       // of accounts, of which two devices changed the roster at once; each was decided
}

// Trouble is a kind of trouble, in the plural, and how often there was some.
type Trouble struct {
	Kind  string
	Count int
}

// kinds is the one list of all counters.
func (t *Troubles) kinds() []struct {
	name  string
	count *int
} {
	return []struct {
		name  string
		count *int
	}{
		{"crashes", &t.Crashes}, {"restarts", &t.Restarts}, {"panics", &t.Panics},
		{"partitions", &t.Partitions}, {"moves", &t.Moves}, {"moves of two at once", &t.BothMoved},
		{"disk faults", &t.DiskFaults}, {"slow disks", &t.SlowDisks}, {"stuck disks", &t.StuckDisks}, {"full disks", &t.FullDisks},
		{"clocks off", &t.ClocksOff}, {"clock jumps", &t.ClockJumps}, {"clocks wrong by hours", &t.ClockHours},
		{"clocks wrong by a year", &t.ClockYears}, {"clocks wrong by 80 years", &t.ClockDecades},
		{"names taken", &t.NameTakers}, {"names refused", &t.NamesRefused},
		{"absences", &t.Absences}, {"absences beyond retention", &t.LongAbsences},
		{"copies", &t.Copies}, {"restores", &t.Restores}, {"old copies", &t.OldCopies},
		{"enrolments", &t.Enrolments}, {"removals", &t.Removals}, {"bounds of removals", &t.Bounds},
		{"gifts of shares", &t.Gifts}, {"contests", &t.Contests},
	}
}

// All returns the count of every kind.
func (t *Troubles) All() []Trouble {
	var all []Trouble
	for _, k := range t.kinds() {
		all = append(all, Trouble{k.name, *k.count})
	}
	return all
}

// Add adds the counts of another world.
func (t *Troubles) Add(o *Troubles) {
	theirs := o.kinds()
	for i, k := range t.kinds() {
		*k.count += *theirs[i].count
	}
}

// Happened returns 1 for every kind that there was and 0 for the others, so that sums of it count worlds.
func (t *Troubles) Happened() *Troubles {
	var h Troubles
	mine := t.kinds()
	for i, k := range h.kinds() {
		*k.count = min(1, *mine[i].count)
	}
	return &h
}
