package ops

// declarations is the table of contents: every operation of the system, by noun.
func declarations(d *Deps) []*Operation {
	return []*Operation{
		// The eleven of the infrastructure document come first.
		d.listInventory(),
		d.getBalance(),
		d.searchAssets(),
		d.getAssetTimeline(),
		d.getMovements(),
		d.getPendingTasks(),
		d.createMovement(),
		d.getSchemaMetadata(),
		d.getTableColumns(),
		d.getEnumValues(),

		d.listAssets(),
		d.getMovement(),
		d.createMovements(),
		d.reverseMovement(),
		d.createReservation(),
		d.cancelReservation(),
		d.createAsset(),
		d.updateAsset(),
		d.changeAssetState(),
		d.createProject(),
		d.updateProject(),
		d.createLocation(),
		d.updateLocation(),
		d.createPartNumber(),
		d.updatePartNumber(),
		d.openCount(),
		d.submitCount(),
		d.closeCount(),
		d.getTask(),
		d.approveTask(),
		d.rejectTask(),
	}
}
