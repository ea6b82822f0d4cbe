package detect_test

import "testing"

func TestRecords(t *testing.T) {
	runCases(t, []scanCase{
		{"fields of a firewall's record by place", "1,2026/10/03 09:00:00,01640103987,USERID,login,2200,2026/10/03 09:00:00,vsys,10.20.30.2,mloewe,qz01,0", []string{"serial 01640103987", "ipv4 10.20.30.2", "user mloewe", "host qz01"}},
		{"a record too short for its fields", "1,2026/10/03 09:00:00,01640103987,USERID,login", []string{"serial 01640103987"}},
		{"the machine before the kind of a record", "\"NAS07\",\"IAS\",10/03/2026,09:00:00", []string{"host NAS07"}},
		{"the kind of a record elsewhere", "a \"RAS\" server", nil},
		{"a stamp with slashes", "10/03/2026:09:00:00 GMT ADCLYON1 0-PPE-0 : x", []string{"host ADCLYON1"}},
		{"a stamp with slashes without a host", "10/03/2026:09:00:00   0-PPE-0 : x", nil},
		{"the server behind a backend", "haproxy[1]: 192.0.2.7:4321 [x] fe be/lymail03 0/0/0/67/73 200", []string{"ipv4 192.0.2.7", "host lymail03"}},
		{"a backend without a server", "haproxy[1]: 192.0.2.7:4321 [x] fe be/ 0/0/0/67/73 200", []string{"ipv4 192.0.2.7"}},
		{"a label behind its value", "cs5=finpc042 cs6=x cs5Label=MachineName", []string{"host finpc042"}},
		{"a label that names nothing of a site", "cs5=finpc042 cs6=x cs5Label=MalwareName", nil},
		{"a label without its value", "cs5Label=MachineName", nil},
	})
}

func TestLeaders(t *testing.T) {
	runCases(t, []scanCase{
		{"a key and its value that dots join", "Serial Number...............1C40A0830F", []string{"serial 1C40A0830F"}},
		{"the address of an adapter", "Network Address.............10000090FA0B1C2D", []string{"wwn 10000090FA0B1C2D"}},
		{"digits of a WWN behind another key", "Device Specific.(Z8)........20000090FA0B1C2D", []string{"wwn 20000090FA0B1C2D"}},
		{"a part number", "FRU Number..................00E0806", nil},
		{"dots that end a sentence", "waiting for the address....", nil},
		{"a place in an enclosure", "fcs1 U78CB.001.WZS0A1B-P1-C9-T1", []string{"serial WZS0A1B"}},
	})
}

func TestPeopleByAddress(t *testing.T) {
	runCases(t, []scanCase{
		{"a name before its address", "by Ida Marchetti <ida.m@nordbank.example>", []string{"person Ida Marchetti", "email ida.m@nordbank.example"}},
		{"a title before the name", "Author Ida Marchetti <imarchetti@nordbank.example>", []string{"person Ida Marchetti", "email imarchetti@nordbank.example"}},
		{"words that the address does not hold", "Red Tools <packaging@nordbank.example>", []string{"email packaging@nordbank.example"}},
		{"one word", "Marchetti <imarchetti@nordbank.example>", []string{"email imarchetti@nordbank.example"}},
	})
}

func TestNamesBesideUUIDs(t *testing.T) {
	runCases(t, []scanCase{
		{"a name before its UUID", `{"name":"flex_ora7","uuid":"2c3a"}`, []string{"name flex_ora7"}},
		{"a name behind its UUID", `{"uuid":"2c3a0f1e-1111-4222-8333-444455556666","name":"flex_ora7"}`, []string{"name flex_ora7"}},
		{"a name on the line below its UUID", " \"uuid\": \"2c3a0f1e-1111-4222-8333-444455556666\",\n \"name\": \"flex_ora7\",\n", []string{"name flex_ora7"}},
		{"a name two lines below", " \"uuid\": \"2c3a0f1e-1111-4222-8333-444455556666\",\n \"x\": 1,\n \"name\": \"flex_ora7\",\n", nil},
		{"a word beside a UUID", `{"name":"default","uuid":"2c3a"}`, nil},
		{"an object that has ended", `{"created_by":{"id":"7"},"agent":{"name":"Chrome7"}}`, nil},
		{"an object that goes on", `{"created_by":{"id":"7","name":"mloewe7"}}`, []string{"user mloewe7"}},
	})
}

func TestFirstFields(t *testing.T) {
	runCases(t, []scanCase{
		{"a host before its address", "finpc042,10.20.30.4,ready", []string{"host finpc042", "ipv4 10.20.30.4"}},
		{"an interface before its address", "Loopback0,10.20.30.4,up", []string{"ipv4 10.20.30.4"}},
		{"an empty first field", ",10.20.30.4,up", []string{"ipv4 10.20.30.4"}},
		{"a word before an address", "accept,10.20.30.4,up", []string{"ipv4 10.20.30.4"}},
		{"no field of its own", "a finpc042,10.20.30.4,up", []string{"ipv4 10.20.30.4"}},
	})
}

func TestWebServers(t *testing.T) {
	runCases(t, []scanCase{
		{"a machine and an account by place", "2026-10-03 09:00:00 WEBLYON3 10.20.30.4 GET /x - 80 mloewe 192.0.2.7 x 200", []string{"host WEBLYON3", "ipv4 10.20.30.4", "user mloewe", "ipv4 192.0.2.7"}},
		{"nobody logged in", "2026-10-03 09:00:00 10.20.30.4 GET /x - 80 - 192.0.2.7 x 200", []string{"ipv4 10.20.30.4", "ipv4 192.0.2.7"}},
		{"no address before the method", "2026-10-03 09:00:00 backup GET /x - 80", nil},
		{"fields said in the head", "#Fields: date time s-computername cs-username\n2026-10-03 09:00:00 WEBLYON3 mloewe\n", []string{"host WEBLYON3", "user mloewe"}},
		{"a record of another number of fields", "#Fields: date time s-computername cs-username\n2026-10-03 09:00:00 WEBLYON3\n", nil},
		{"a record cut short", "2026-10-03 09:00:00 WEBLYON3 10.20.30.4 GET", []string{"host WEBLYON3", "ipv4 10.20.30.4"}},
		{"the machine behind its site", "192.0.2.7, -, 10/03/2026, 09:00:00, W3SVC1, WEBLYON3, 10.20.30.4,", []string{"ipv4 192.0.2.7", "host WEBLYON3", "ipv4 10.20.30.4"}},
	})
}

func TestRecordsOfFirewalls(t *testing.T) {
	runCases(t, []scanCase{
		{"a name before the kind of an event", "1759482000.42 FW_LYON_01 events type=x", []string{"host FW_LYON_01"}},
		{"a number of seconds before a sentence", "1759482000.42 FW_LYON_01 has begun", nil},
		{"the firewall that writes", `time="2026-10-03" fw="fwlyon7" pri=4`, []string{"host fwlyon7"}},
		{"its serial number", `time="2026-10-03" fw="SN40A00B1234567"`, []string{"serial SN40A00B1234567"}},
		{"firmware of a disk", "disk 3 fw=HPG0 temp=31", nil},
		{"a key without a value", `time="2026-10-03" fw=`, nil},
		{"a host behind a level", "Info     FWCLUB-A380 boxconfig[12]: x", []string{"host FWCLUB-A380"}},
		{"a program behind a level", "Info     boxconfig[12]: x", nil},
	})
}

func TestNamesOfObjects(t *testing.T) {
	runCases(t, []scanCase{
		{"a type before the name", `{"type":"user","name":"ida.marchetti"}`, []string{"user ida.marchetti"}},
		{"another type", `{"type":"rule","name":"ida.marchetti"}`, nil},
		{"a thing within an object of the list", `{"nodes":[{"name":"qznode4","parts":[{"name":"qzpart5"}]},{"name":"qznode6"}]}`, []string{"host qznode4", "host qznode6"}},
		{"the same over lines", "\"nodes\": [\n {\n  \"name\": \"qznode4\",\n  \"parts\": [\n   {\n    \"name\": \"qzpart5\"\n   }\n  ]\n }\n],\n\"name\": \"qzother7\"\n", []string{"host qznode4"}},
		{"a pair behind another", `<key name="host" value="qz4"/><key name="mode" value="tunnel7"/>`, []string{"host qz4"}},
	})
}
