package arrayapi

import "darksite/training/sim"

// portDetails is what the transceiver of a port tells of itself. Transceivers
// of one lane have no channel numbers.
type portDetails struct {
	Name          string        `json:"name"`
	InterfaceType string        `json:"interface_type"`
	RxLOS         []signal      `json:"rx_los"`
	RxPower       []measurement `json:"rx_power"`
	Static        transceiver   `json:"static"`
	Temperature   []measurement `json:"temperature"`
	TxBias        []measurement `json:"tx_bias"`
	TxFault       []signal      `json:"tx_fault"`
	TxPower       []measurement `json:"tx_power"`
	Voltage       []measurement `json:"voltage"`
}

type signal struct {
	Channel *int64 `json:"channel"`
	Flag    bool   `json:"flag"`
}

type measurement struct {
	Channel     *int64  `json:"channel"`
	Measurement float64 `json:"measurement"`
	Status      string  `json:"status"`
}

func measured(x float64, l sim.Limits) []measurement { return []measurement{{nil, x, l.Status(x)}} }

type transceiver struct {
	ConnectorType         string     `json:"connector_type"`
	Identifier            string     `json:"identifier"`
	Wavelength            string     `json:"wavelength"`
	VendorName            string     `json:"vendor_name"`
	VendorPartNumber      string     `json:"vendor_part_number"`
	VendorSerialNumber    string     `json:"vendor_serial_number"`
	RxPowerThresholds     thresholds `json:"rx_power_thresholds"`
	TemperatureThresholds thresholds `json:"temperature_thresholds"`
	TxBiasThresholds      thresholds `json:"tx_bias_thresholds"`
	TxPowerThresholds     thresholds `json:"tx_power_thresholds"`
	VoltageThresholds     thresholds `json:"voltage_thresholds"`
}

type thresholds struct {
	AlarmHigh float64 `json:"alarm_high"`
	AlarmLow  float64 `json:"alarm_low"`
	WarnHigh  float64 `json:"warn_high"`
	WarnLow   float64 `json:"warn_low"`
}

func thresholdsOf(l sim.Limits) thresholds {
	return thresholds{l.AlarmHigh, l.AlarmLow, l.WarnHigh, l.WarnLow}
}

func interfacesDetails(c *call) resource {
	return of(c.view.Optics(), func(o sim.Optics) string { return o.Port.Name }, func(o sim.Optics) any {
		item := portDetails{
			Name: o.Port.Name, InterfaceType: "eth",
			RxLOS: []signal{{nil, o.Lost}}, TxFault: []signal{{nil, false}},
			RxPower: measured(o.RxPower, sim.RxPowerLimits), TxPower: measured(o.TxPower, sim.TxPowerLimits),
			TxBias: measured(o.TxBias, sim.TxBiasLimits), Voltage: measured(o.Voltage, sim.VoltageLimits),
			Temperature: measured(o.Temperature, sim.TemperatureLimits),
			Static: transceiver{
				ConnectorType: "LC", Identifier: "SFP/SFP+/SFP28", Wavelength: "850 nm", VendorName: "SIMOPTICS",
				VendorPartNumber: "SO-850-25G", VendorSerialNumber: o.Serial,
				RxPowerThresholds: thresholdsOf(sim.RxPowerLimits), TxPowerThresholds: thresholdsOf(sim.TxPowerLimits),
				TxBiasThresholds: thresholdsOf(sim.TxBiasLimits), VoltageThresholds: thresholdsOf(sim.VoltageLimits),
				TemperatureThresholds: thresholdsOf(sim.TemperatureLimits),
			},
		}
		if o.Port.FC {
			item.InterfaceType = "fc"
		}
		return item
	})
}
